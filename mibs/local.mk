# SCALEMON-MIB.txt is the source; what is installed has the root that configure was given.
mibdir = $(datadir)/snmp/mibs
nodist_mib_DATA = %D%/rebased/SCALEMON-MIB.txt
CLEANFILES += %D%/rebased/SCALEMON-MIB.txt
dist_doc_DATA += %D%/OIDS.md
EXTRA_DIST += %D%/SCALEMON-MIB.txt %D%/rebase.awk %D%/oids.awk
lint_tests += tests/lint/mib.sh

%D%/rebased/SCALEMON-MIB.txt: %D%/SCALEMON-MIB.txt %D%/rebase.awk Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(AWK) -v root='$(OID_ROOT)' -f $(srcdir)/%D%/rebase.awk $(srcdir)/%D%/SCALEMON-MIB.txt >$@.tmp && mv $@.tmp $@
