# mibs
