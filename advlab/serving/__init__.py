"""Work for many people on one machine: jobs, and what the lab runs as one."""
