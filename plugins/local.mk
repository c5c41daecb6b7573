# The custom types of both plugins, for receivers that do not load the plugins themselves.
dist_pkgdata_DATA += %D%/scalemon.types.db
