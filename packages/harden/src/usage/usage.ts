/**
 * How strongly it is known that a file is used, strongest first. `executed` and `loaded` need a trace of a running
 * container; `linked` is reached from an entry point over certain edges only; `possible` over at least one edge
 * that may not be taken; `present` is not reached.
 */
export type Usage = 'executed' | 'loaded' | 'linked' | 'possible' | 'present'

const order: readonly Usage[] = ['executed', 'loaded', 'linked', 'possible', 'present']

/** Orders classes of use, the strongest first. */
export const compareUsage = (one: Usage, other: Usage): number => order.indexOf(one) - order.indexOf(other)

/** Why one file leads to another. */
export type UsageEdgeKind =
  /** Entry point, command, health check or a declared extra command of the image. */
  | 'entry'
  | 'interpreter'
  | 'needed'
  | 'dlopen'
  | 'shebang'
  | 'shell-word'
  | 'sourced'
  | 'popen'
  | 'path-string'
  /** Name of a command in a program that looks commands up in PATH. */
  | 'command-string'
  | 'config-include'
  | 'symlink'
  | 'unowned'
  | 'runtime'
  /** A module that source code loads by name, or a package of its language that it or a command refers to. */
  | 'import'
  /** Data that programs look for by names that their libraries make up: certificates, time zones. */
  | 'data-pack'
  /** Seen in a recording of a running container; `from` names the tracer, `proof` what it saw. */
  | 'trace'

/** One step of the reason why a file is kept. */
export interface UsageEdge {
  /** What leads on. */
  readonly kind: UsageEdgeKind
  /** Path that leads on; for an `entry` the words of the command, e.g. `nginx -g daemon off;`. */
  readonly from: string
  /** Canonical path that is reached. */
  readonly to: string
  /** Whether the step is always taken. */
  readonly certain: boolean
  /** What was seen, e.g. the NEEDED name, the include pattern, the word and its line. */
  readonly proof?: string | undefined
}

/** How a package is used, and the shortest chain of its strongest class. */
export interface PackageUsage {
  /** purl, as the inventory has it. */
  readonly purl: string
  /** How strongly it is known to be used. */
  readonly usage: Usage
  /** The package's file that is needed; absent when no file is reached. */
  readonly file?: string | undefined
  /** From the entry point to `file`; empty when no file is reached. */
  readonly chain: readonly UsageEdge[]
  /**
   * Why the package stays although no file of it is reached: a kept package depends on it (its name), or a
   * protection rule (its name). Absent for packages that are used or may go.
   */
  readonly keptBy?:
    | { readonly reason: 'dependency' | 'protected' | 'not-removable'; readonly detail: string }
    | undefined
}
