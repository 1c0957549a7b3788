import type { FileNode, FileTree } from '@sallyport/image'
import { isLibrary } from '../elf/library-search.ts'
import type { FileContent, FileContents } from '../usage/file-contents.ts'
import { addNamed, findCommand } from '../usage/find-command.ts'
import type { UsageEdge } from '../usage/usage.ts'
import type { TracedFiles } from './traced-files.ts'
import { matchPattern, type MatchBudget } from './match-pattern.ts'
import type { EvidenceRecord, UsageEvidence } from './usage-evidence.ts'

const maxSteps = 20_000_000
/** Code that an interpreter loads. */
const module = /\.(?:py[co]?|pyd|[cm]?js|node|rb|pl|pm|php|phar|jar|jmod|class|lua|tcl|beam|dll)$/

/** Finds the files that recordings name in an image. What they name and it does not hold was mounted or made. */
export async function findTraced(
  tree: FileTree,
  contents: FileContents,
  searchPath: readonly string[],
  evidence: readonly UsageEvidence[],
): Promise<TracedFiles> {
  const executed = new Map<string, UsageEdge>()
  const loaded = new Map<string, UsageEdge>()
  const opened = new Map<string, UsageEdge>()
  const budget: MatchBudget = { steps: maxSteps }
  let matched = 0

  const add = (
    into: Map<string, UsageEdge>,
    path: string,
    from: string,
    record: EvidenceRecord,
    certain: boolean,
  ) => {
    if (!into.has(path))
      into.set(path, { kind: 'trace', from, to: path, certain, proof: describeRecord(record) })
  }
  const addFile = async (name: string, source: string, record: EvidenceRecord): Promise<boolean> => {
    const node = tree.resolve(name)
    if (node?.type !== 'file') {
      // The link, or what it should lead to, is what was looked for.
      const link = tree.resolve(name, { followLast: false })
      if (link === undefined || link.type === 'directory') return false
      add(opened, link.path, source, record, false)
      return true
    }
    const content = mayBeCode(record, node) ? await contents.read(node) : undefined
    const into = { executed, loaded, opened }[classOf(record, node, content)]
    addNamed(tree, name, (path) => add(into, path, source, record, into !== opened))
    add(into, node.path, source, record, into !== opened)
    if (into !== executed) return true
    // The kernel maps what runs a program: no tracer sees it opened.
    const runner = (word: string, to: Map<string, UsageEdge>) => {
      const program = findCommand(tree, searchPath, word) ?? tree.resolve(word)
      if (program === undefined) return
      addNamed(tree, word.startsWith('/') ? word : program.path, (path) =>
        add(to, path, source, record, true),
      )
      const end = tree.resolve(program.path)
      if (end?.type === 'file') add(to, end.path, source, record, true)
    }
    if (content?.type === 'elf' && content.elf.interpreter) runner(content.elf.interpreter, loaded)
    else if (content?.type === 'script') for (const word of content.interpreter) runner(word, executed)
    return true
  }

  for (const { source, records } of evidence) {
    for (const record of records) {
      const names = record.exact
        ? [record.path]
        : [...matchPattern(tree, record.path, budget)].map(({ path }) => path)
      let isHeld = false
      for (const name of names) if (await addFile(name, source, record)) isHeld = true
      if (isHeld) matched++
    }
  }
  for (const path of executed.keys()) loaded.delete(path)
  for (const known of [executed, loaded]) for (const path of known.keys()) opened.delete(path)
  return { executed, loaded, opened, matched }
}

/** Whether a file is read: data that was only opened is of no interest, whatever it holds. */
const mayBeCode = ({ operation }: EvidenceRecord, { path, mode }: FileNode) =>
  operation === 'exec' ||
  operation === 'mmap' ||
  (operation === 'open' && ((mode & 0o111) !== 0 || isLibrary(path)))

function classOf(
  { operation }: EvidenceRecord,
  { path }: FileNode,
  content: FileContent | undefined,
): keyof Omit<TracedFiles, 'matched'> {
  switch (operation) {
    case 'exec':
      return 'executed'
    case 'mmap':
      return 'loaded'
    case 'open':
      return content?.type === 'elf' || module.test(path) ? 'loaded' : 'opened'
    case 'stat':
      return 'opened'
  }
}

function describeRecord({ operation, process, count, path, exact }: EvidenceRecord): string {
  const by = process === undefined ? '' : ` by ${process}`
  const times = count === 1 ? '' : `, ${count} times`
  return `${operation}${by}${times}${exact ? '' : `, as ${path}`}`
}
