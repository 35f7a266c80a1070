"""The embedded STOMP broker, a process of its own: `mco broker`. The only asyncio of the project."""
