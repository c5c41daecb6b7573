noinst_LTLIBRARIES += libcommon.la
libcommon_la_SOURCES = %D%/num.c %D%/num.h %D%/ident.c %D%/ident.h
libcommon_la_LIBADD = -lm

unit_tests += tests/unit/test_num tests/unit/test_ident
tests_unit_test_num_SOURCES = tests/unit/test_num.c
tests_unit_test_num_LDADD = libcommon.la $(CMOCKA_LIBS)
tests_unit_test_ident_SOURCES = tests/unit/test_ident.c
tests_unit_test_ident_LDADD = libcommon.la $(CMOCKA_LIBS)
