# plugins/hostres: everything but *_plugin.c is a library that tests and fuzz targets link too.
noinst_LTLIBRARIES += libhostres.la
libhostres_la_SOURCES = \
	%D%/cadence.h %D%/cpustat.c %D%/cpustat.h %D%/dispatch.h %D%/iftrack.c %D%/iftrack.h \
	%D%/loadavg.c %D%/loadavg.h %D%/match.c %D%/match.h %D%/meminfo.c %D%/meminfo.h %D%/meter.h \
	%D%/netdev.c %D%/netdev.h %D%/net_source.c %D%/net_source.h %D%/options.h %D%/peaks.c %D%/peaks.h \
	%D%/pressure.c %D%/pressure.h %D%/procfile.c %D%/procfile.h %D%/report.c %D%/report.h \
	%D%/rtmsg.c %D%/rtmsg.h %D%/rtnl.c %D%/rtnl.h %D%/sampler.c %D%/sampler.h %D%/scan.h \
	%D%/snapshot.c %D%/snapshot.h %D%/speed.c %D%/speed.h
libhostres_la_LIBADD = libcommon.la -lm

collectdplugin_LTLIBRARIES += hostres.la
hostres_la_SOURCES = %D%/hostres_plugin.c %D%/dispatch_plugin.c
hostres_la_CPPFLAGS = $(AM_CPPFLAGS) $(COLLECTD_CPPFLAGS)
hostres_la_LDFLAGS = $(plugin_ldflags)
hostres_la_LIBADD = libhostres.la
