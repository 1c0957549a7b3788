#!/usr/bin/env python3
"""
Runs a command in a root folder under a seccomp profile (OCI runtime format): run-filtered.py PROFILE ROOT COMMAND...

libseccomp makes the filter, as it does for runc; names that the machine's kernel does not have are left out, as runc does.
"""

import ctypes
import json
import os
import sys

ALLOW = 0x7FFF0000
ERRNO = 0x00050000
COMPARISONS = {'SCMP_CMP_MASKED_EQ': 7}
PR_SET_NO_NEW_PRIVS = 38


class Comparison(ctypes.Structure):
    # struct scmp_arg_cmp of seccomp.h
    _fields_ = [('arg', ctypes.c_uint), ('op', ctypes.c_int), ('a', ctypes.c_uint64), ('b', ctypes.c_uint64)]


def main():
    with open(sys.argv[1]) as file:
        profile = json.load(file)
    library = ctypes.CDLL('libseccomp.so.2')
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = [ctypes.c_uint32]
    library.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.POINTER(Comparison),
    ]
    library.seccomp_load.argtypes = [ctypes.c_void_p]
    if profile['defaultAction'] != 'SCMP_ACT_ERRNO' or 'SCMP_ARCH_X86_64' not in profile['architectures']:
        raise SystemExit('another profile than this program knows')
    context = library.seccomp_init(ERRNO | profile['defaultErrnoRet'])
    unknown = []
    for rule in profile['syscalls']:
        action = {'SCMP_ACT_ALLOW': ALLOW, 'SCMP_ACT_ERRNO': ERRNO | rule.get('errnoRet', 1)}[rule['action']]
        found = [
            Comparison(one['index'], COMPARISONS[one['op']], one['value'], one['valueTwo'])
            for one in rule.get('args', [])
        ]
        comparisons = (Comparison * len(found))(*found)
        for name in rule['names']:
            number = library.seccomp_syscall_resolve_name(name.encode())
            if number == -1:
                unknown.append(name)
            elif library.seccomp_rule_add_array(context, action, number, len(found), comparisons) != 0:
                raise SystemExit(f'no rule for {name}')
    os.chroot(sys.argv[2])
    os.chdir('/')
    ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    print(f'unknown names: {" ".join(unknown)}', file=sys.stderr)
    sys.stderr.flush()
    if library.seccomp_load(context) != 0:
        raise SystemExit('the filter was not loaded')
    os.execv(sys.argv[3], sys.argv[3:])


main()
