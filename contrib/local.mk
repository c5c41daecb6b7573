EXTRA_DIST += %D%/demo %D%/demo.d/parts.bash %D%/check %D%/deps .ci/run
lint_tests += tests/lint/shell.sh

# The snmpd.conf snippet, with the root of the MIB that configure was given.
snmpddir = $(pkgdatadir)/snmpd
nodist_snmpd_DATA = %D%/snmpd/rebased/scalemon.conf
CLEANFILES += %D%/snmpd/rebased/scalemon.conf
EXTRA_DIST += %D%/snmpd/scalemon.conf
%D%/snmpd/rebased/scalemon.conf: %D%/snmpd/scalemon.conf Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) 's/1\.3\.6\.1\.4\.1\.8072\.9999\.9999\.2010/$(OID_ROOT)/' $(srcdir)/%D%/snmpd/scalemon.conf >$@.tmp && mv $@.tmp $@
