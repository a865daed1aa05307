// SPDX-License-Identifier: MIT
// Where kmode's own files are: relative to the command itself, so that an installation can be moved.
#ifndef KMODE_CLI_RESOURCES_H
#define KMODE_CLI_RESOURCES_H

// Returns the path of one of kmode's files, which the caller frees: km_resource("lib/kmode/lib/x64") is
// .../lib/kmode/lib/x64 for a command at .../bin/kmode. The file need not exist.
char *km_resource(const char *path);

#endif
