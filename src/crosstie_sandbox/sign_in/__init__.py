"""How tokens are obtained, as Entra ID answers: for applications, and for people with a page to sign in on."""
