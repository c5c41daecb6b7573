bin_PROGRAMS += scalemon
noinst_LTLIBRARIES += libconsole.la

# Everything but main.c, so that tests link what the program runs.
libconsole_la_SOURCES = %D%/verb.h %D%/cmd_status.c
libconsole_la_CPPFLAGS = $(AM_CPPFLAGS) $(NETSNMP_CFLAGS) $(INIH_CFLAGS) $(JANSSON_CFLAGS) $(NCURSES_CFLAGS)
libconsole_la_LIBADD = libcommon.la $(NETSNMP_LIBS) $(INIH_LIBS) $(JANSSON_LIBS) $(NCURSES_LIBS)

scalemon_SOURCES = %D%/main.c
scalemon_LDADD = libconsole.la
