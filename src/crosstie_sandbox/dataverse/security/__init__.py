"""Who calls, what roles allow, and what a caller sees: users, teams, roles, privileges and how deep they go."""
