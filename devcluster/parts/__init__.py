"""The parts of devcluster: one file for each thing that a cluster is made of."""
