EXTRA_DIST += %D%/demo %D%/demo.d/parts.bash %D%/check %D%/deps .ci/run doc/top.png doc/network.png
lint_tests += tests/lint/shell.sh

# The snmpd.conf snippet, with the root of the MIB that configure was given.
snmpddir = $(pkgdatadir)/snmpd
nodist_snmpd_DATA = %D%/snmpd/rebased/scalemon.conf
CLEANFILES += %D%/snmpd/rebased/scalemon.conf
EXTRA_DIST += %D%/snmpd/scalemon.conf
%D%/snmpd/rebased/scalemon.conf: %D%/snmpd/scalemon.conf Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) 's/1\.3\.6\.1\.4\.1\.8072\.9999\.9999\.2010/$(OID_ROOT)/' $(srcdir)/%D%/snmpd/scalemon.conf >$@.tmp && mv $@.tmp $@

# For an NMS: a trap handler and a check, and how they are told of.
nmsdir = $(pkgdatadir)/nms
dist_nms_SCRIPTS = %D%/nms/check_scalemon %D%/nms/scalemon-trap
dist_nms_DATA = %D%/nms/icinga.conf
nodist_nms_DATA = %D%/nms/rebased/snmptrapd.conf
CLEANFILES += %D%/nms/rebased/snmptrapd.conf
EXTRA_DIST += %D%/nms/snmptrapd.conf
%D%/nms/rebased/snmptrapd.conf: %D%/nms/snmptrapd.conf Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) 's/1\.3\.6\.1\.4\.1\.8072\.9999\.9999\.2010/$(OID_ROOT)/' $(srcdir)/%D%/nms/snmptrapd.conf >$@.tmp && mv $@.tmp $@
bats_tests += tests/integration/nms.bats

# systemd: the unit, the agent's user, its directories. The configuration is installed as an example: an upgrade must not touch
# the operator's.
systemdsystemunit_DATA += %D%/systemd/scalemond.service
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
examplesdir = $(docdir)/examples
dist_examples_DATA = %D%/scalemond.conf %D%/collectd/eperf.conf \
	%D%/collectd/pool-central.conf %D%/collectd/pool-member.conf %D%/collectd/pool-limits.conf \
	%D%/collectd/hostres.conf
CLEANFILES += %D%/systemd/scalemond.service
EXTRA_DIST += %D%/systemd/scalemond.service.in %D%/systemd/scalemon.sysusers %D%/systemd/scalemon.tmpfiles
%D%/systemd/scalemond.service: %D%/systemd/scalemond.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) -e 's|@sbindir[@]|$(sbindir)|' -e 's|@sysconfdir[@]|$(sysconfdir)|' $(srcdir)/%D%/systemd/scalemond.service.in >$@.tmp && mv $@.tmp $@
install-data-local: install-systemd
.PHONY: install-systemd
install-systemd:
	$(MKDIR_P) '$(DESTDIR)$(sysusersdir)' '$(DESTDIR)$(tmpfilesdir)' '$(DESTDIR)$(sysconfdir)/scalemon'
	$(INSTALL_DATA) $(srcdir)/%D%/systemd/scalemon.sysusers '$(DESTDIR)$(sysusersdir)/scalemon.conf'
	$(INSTALL_DATA) $(srcdir)/%D%/systemd/scalemon.tmpfiles '$(DESTDIR)$(tmpfilesdir)/scalemon.conf'
uninstall-local: uninstall-systemd
.PHONY: uninstall-systemd
uninstall-systemd:
	rm -f '$(DESTDIR)$(sysusersdir)/scalemon.conf' '$(DESTDIR)$(tmpfilesdir)/scalemon.conf'
