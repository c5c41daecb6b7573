/* The speed of a link, as /sys/class/net/NAME/speed has it. */
#ifndef SCM_HOSTRES_SPEED_H
#define SCM_HOSTRES_SPEED_H

#include <stddef.h>
#include <stdint.h>

/* Mbit/s as text to bits/s; 0 (not known) for -1, 0, and what is no number. Pure. */
uint64_t speed_parse(const char *text, size_t len);

/* Reads it: three system calls. 0 where there is no such file or the kernel knows no speed. */
uint64_t speed_read(const char *sys_root, const char *name);

#endif
