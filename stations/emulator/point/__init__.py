"""The charge point itself, without a socket. Pure: time is passed in, frames and effects come out."""
