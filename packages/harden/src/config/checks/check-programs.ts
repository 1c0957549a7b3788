import { type CheckContext, type CheckFinding, describeUse, useOf } from '../check-context.ts'

const shells = ['sh', 'bash', 'dash', 'ash', 'ksh', 'zsh', 'busybox']
const tools = (
  'sudo su doas curl wget nc ncat socat telnet ssh scp ftp gdb strace ltrace tcpdump nmap gcc cc g++ clang make git ' +
  'apt-get dpkg apk rpm dnf microdnf yum zypper pip pip3 npm gem'
).split(' ')
const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Shells that stay: without one, an attacker has to bring a program. */
export function checkShell(context: CheckContext): readonly CheckFinding[] {
  return findPrograms(context, shells, 'a shell that nothing uses; `relaxed` or `drop` takes it out')
}

/** Programs that an attacker would use, and that a service seldom needs. */
export function checkTools(context: CheckContext): readonly CheckFinding[] {
  return findPrograms(context, tools, 'a tool that nothing uses; `relaxed` or `drop` takes it out')
}

function findPrograms(context: CheckContext, names: readonly string[], detail: string): CheckFinding[] {
  const found = new Map<string, CheckFinding>()
  for (const name of names) {
    for (const folder of folders) {
      const node = context.view.resolve(`${folder}/${name}`)
      if (node?.type !== 'file' || found.has(node.path)) continue
      const used = context.analysis.graph.usageOf(node.path) !== 'present'
      const edge = useOf(context, node.path)
      const finding = { subject: node.path, detail: `${name}: ${used ? 'in use' : detail}` }
      found.set(node.path, {
        ...finding,
        blocked: used ? (edge === undefined ? 'no package owns it' : describeUse(edge)) : undefined,
      })
    }
  }
  return [...found.values()]
}
