# eperf: the engine (libeperf.la: no collectd, no globals, no signals, no exit) and the command
noinst_LTLIBRARIES += libeperf.la
libeperf_la_SOURCES = %D%/eperf.h %D%/params.c %D%/params.h %D%/pending.c
libeperf_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
libeperf_la_LIBADD = libcommon.la $(JANSSON_LIBS)
