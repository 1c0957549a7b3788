/**
 * System calls that do the same in another form: which one is made depends on the C library, on how many buffers there
 * are, or on how the network cut a stream. Who may call one may call the others.
 */
const families = [
  'read readv pread64 preadv preadv2',
  'write writev pwrite64 pwritev pwritev2',
  'recvfrom recvmsg recvmmsg',
  'sendto sendmsg sendmmsg',
  'stat lstat fstat newfstatat statx stat64 lstat64 fstat64 fstatat64',
  'access faccessat faccessat2',
  'open openat creat',
  'poll ppoll ppoll_time64',
  'select pselect6',
  'epoll_wait epoll_pwait epoll_pwait2 epoll_wait_old',
  'epoll_create epoll_create1',
  'accept accept4',
  'pipe pipe2',
  'dup dup2 dup3',
  'eventfd eventfd2',
  'signalfd signalfd4',
  'inotify_init inotify_init1',
  'clone clone3 fork vfork',
  'getdents getdents64',
  'readlink readlinkat',
  'unlink unlinkat rmdir',
  'rename renameat renameat2',
  'mkdir mkdirat',
  'link linkat',
  'symlink symlinkat',
  'chmod fchmod fchmodat fchmodat2',
  'chown lchown fchown fchownat',
  'utime utimes utimensat futimesat',
  'wait4 waitid waitpid',
  'nanosleep clock_nanosleep',
  'time gettimeofday clock_gettime clock_gettime64',
  'exit exit_group',
  'getrlimit ugetrlimit prlimit64',
].map((names) => names.split(' '))

/** What any program may be seen to do, when a signal, a lock or the scheduler comes between. */
const always = ['futex', 'restart_syscall', 'rt_sigreturn', 'sched_yield']

/** The system calls that are as good as these, these included; sorted. */
export function withEquivalents(names: Iterable<string>): readonly string[] {
  const all = new Set([...names, ...always])
  for (const family of families)
    if (family.some((name) => all.has(name))) for (const name of family) all.add(name)
  return [...all].sort()
}
