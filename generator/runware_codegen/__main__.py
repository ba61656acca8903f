"""`python -m runware_codegen` is the same command as `runware-codegen`."""

from runware_codegen.cli import main

if __name__ == "__main__":
    main(prog_name="runware-codegen")
