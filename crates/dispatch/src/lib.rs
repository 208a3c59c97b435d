//! The use cases, their ports, and the closed list of error codes.
