"""What of this machine helps or hinders seqcnn, in plain sentences: the command `seqcnn doctor`.

`examine` collects the findings of `gpu`, `cpu`, `packages`, `storage` and `surroundings`.  They read system
files and run programs through a `Machine`, which tests replace by a faked one, and learn what torch can do
from a `TorchState`.  No environment variable is printed, and none is read that seqcnn does not need.
"""
