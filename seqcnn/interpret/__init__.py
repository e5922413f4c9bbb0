"""What a trained model has learned: attributions, seqlets, motifs, saturation mutagenesis."""
