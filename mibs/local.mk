# SCALEMON-MIB.txt is the source, and OIDS.md for who reads the checkout; what is installed of both has the root that configure
# was given.
mibdir = $(datadir)/snmp/mibs
nodist_mib_DATA = %D%/rebased/SCALEMON-MIB.txt
nodist_doc_DATA = %D%/rebased/OIDS.md
CLEANFILES += $(nodist_mib_DATA) $(nodist_doc_DATA)
EXTRA_DIST += %D%/SCALEMON-MIB.txt %D%/OIDS.md %D%/rebase.awk %D%/oids.awk
lint_tests += tests/lint/mib.sh

%D%/rebased/SCALEMON-MIB.txt: %D%/SCALEMON-MIB.txt %D%/rebase.awk Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(AWK) -v root='$(OID_ROOT)' -f $(srcdir)/%D%/rebase.awk $(srcdir)/%D%/SCALEMON-MIB.txt >$@.tmp && mv $@.tmp $@

%D%/rebased/OIDS.md: %D%/SCALEMON-MIB.txt %D%/oids.awk Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(AWK) -v root='$(OID_ROOT)' -f $(srcdir)/%D%/oids.awk $(srcdir)/%D%/SCALEMON-MIB.txt >$@.tmp && mv $@.tmp $@
