import type { FileNode, Image, ImageConfig } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import type { TreeView } from '../tree-view.ts'
import type { UsageAnalysis } from '../usage/analyze-usage.ts'
import type { UsageEdge } from '../usage/usage.ts'

/** What a check looks at. */
export interface CheckContext {
  readonly image: Image
  readonly config: ImageConfig
  readonly analysis: UsageAnalysis
  /** Paths that stay, sorted. */
  readonly nodes: readonly FileNode[]
  /** The tree without what leaves. */
  readonly view: TreeView
  /** Packages by path of their files. */
  readonly ownerOf: ReadonlyMap<string, Package>
  readonly options: {
    /** Paths that keep their setuid and setgid bits, and their capabilities. */
    readonly allowSetuid: ReadonlySet<string>
    readonly base?: { readonly digest: string; readonly name?: string | undefined } | undefined
  }
  /** Text of a file as latin1, links followed; undefined when there is none or it is larger than 8 MiB. */
  read(path: string): Promise<string | undefined>
  readonly signal?: AbortSignal | undefined
}

/** A change that a check asks for. Those of several checks to one path add up. */
export type ConfigChange =
  /** Bits of a mode, the owner, or an extended attribute that goes. */
  | {
      readonly change: 'attributes'
      readonly path: string
      readonly clear?: number
      readonly set?: number
      readonly uid?: number
      readonly gid?: number
      readonly withoutXattr?: string
    }
  | { readonly change: 'remove'; readonly path: string }
  /** Text as latin1, so that other bytes stay. */
  | { readonly change: 'text'; readonly path: string; readonly edit: (text: string) => string }
  | { readonly change: 'config'; readonly edit: (config: ImageConfig) => ImageConfig }

/** What a check found, before it is decided whether it is changed. */
export interface CheckFinding {
  readonly subject: string
  readonly detail: string
  /** Why it must not be changed. */
  readonly blocked?: string | undefined
  /** Without changes there is nothing that could be done to the image. */
  readonly changes?: readonly ConfigChange[] | undefined
}

/** A check: its findings, or why there is nothing to look at. */
export type ConfigCheckFunction = (
  context: CheckContext,
) =>
  | readonly CheckFinding[]
  | { readonly notApplicable: string }
  | Promise<readonly CheckFinding[] | { readonly notApplicable: string }>

/** How a path is reached other than by lying there without an owner; undefined when it is not. */
export function useOf({ analysis }: Pick<CheckContext, 'analysis'>, path: string): UsageEdge | undefined {
  if (analysis.graph.usageOf(path) === 'present') return undefined
  const chain = analysis.graph.chainTo(path)
  const last = chain.at(-1)
  return chain.length === 1 && last?.kind === 'unowned' ? undefined : last
}

/** `/usr/bin/x -needed-> `: the step that leads to a path, as a reason. */
export function describeUse(edge: UsageEdge): string {
  return `${edge.from} leads to it (${edge.kind})`
}
