# plugins/hostres: everything but *_plugin.c is a library that tests and fuzz targets link too.
noinst_LTLIBRARIES += libhostres.la
libhostres_la_SOURCES = \
	%D%/cadence.h %D%/iftrack.c %D%/iftrack.h %D%/loadavg.c %D%/loadavg.h %D%/match.c %D%/match.h \
	%D%/meminfo.c %D%/meminfo.h %D%/netdev.c %D%/netdev.h %D%/net_source.c %D%/net_source.h \
	%D%/peaks.c %D%/peaks.h %D%/procfile.c %D%/procfile.h %D%/sampler.c %D%/sampler.h %D%/scan.h \
	%D%/snapshot.c %D%/snapshot.h
libhostres_la_LIBADD = libcommon.la

collectdplugin_LTLIBRARIES += hostres.la
hostres_la_SOURCES = %D%/hostres_plugin.c %D%/options.h
hostres_la_CPPFLAGS = $(AM_CPPFLAGS) $(COLLECTD_CPPFLAGS)
hostres_la_LDFLAGS = $(plugin_ldflags)
hostres_la_LIBADD = libhostres.la
