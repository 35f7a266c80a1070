"""What `mco why` is made of: the question, the hosts' answers, and what silence can mean."""
