"""The data that the two servers start with: a folder of CSV files, a small company of our own, a generated one."""
