"""The commands of `nvc`, one module per group; every heavy import happens inside a command."""
