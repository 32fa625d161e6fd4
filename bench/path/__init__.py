"""The whole path at its real size, measured from outside against the bars it has to keep."""
