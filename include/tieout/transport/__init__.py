"""The only places where bytes leave the process or come into it: SFTP, folders, mail."""
