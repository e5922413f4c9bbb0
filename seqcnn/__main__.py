"""`python -m seqcnn` is `seqcnn`."""

from seqcnn.cli import main

if __name__ == "__main__":
    main()
