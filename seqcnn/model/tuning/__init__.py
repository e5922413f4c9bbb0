"""Parts of `seqcnn tune`: search space, study shared by processes, one trial."""
