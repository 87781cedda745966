"""What is measured, a module each: `measure(server, size, results)`."""
