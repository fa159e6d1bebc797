"""The parity kit: clips, seeded weights and the reference's figures of them, for any implementation of the protocol."""
