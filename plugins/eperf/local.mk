# plugins/eperf
