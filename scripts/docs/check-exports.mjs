import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ReflectionKind } from 'typedoc'
import { exportsOf } from './read-exports.mjs'

/**
 * Compares what the site lists with the reports of the public API, which another tool wrote: an export without a page,
 * a page for what is not exported, an export or a member of one without a doc comment, a package that the table of the
 * README lacks.
 */
export function checkExports(root, entries, project, router) {
  const problems = []
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  for (const { name, folder } of entries) {
    const entry = name.split('/').slice(2).join('/')
    const report = join(
      root,
      'packages',
      folder,
      'etc',
      entry === '' ? `${folder}.api.md` : `${folder}.${entry}.api.md`,
    )
    let text
    try {
      text = readFileSync(report, 'utf8')
    } catch {
      problems.push(`${name} has no report of its API`)
      continue
    }
    const wanted = exportsOf(text)
    const module = project.children.find((child) => child.name === name)
    problems.push(...findUndocumented(module).map((item) => `${name}: ${item} has no doc comment`))
    const listed = new Set(module?.children?.map((child) => child.name))
    for (const child of module?.children ?? [])
      if (!router.hasUrl(child)) problems.push(`${name}: ${child.name} has no page`)
    for (const item of wanted) if (!listed.has(item)) problems.push(`${name}: ${item} is not listed`)
    for (const item of listed)
      if (!wanted.has(item)) problems.push(`${name}: ${item} is no export of ${report}`)
    if (!readme.includes(`(packages/${folder})`)) problems.push(`README.md does not list ${name}`)
  }
  return problems
}

/** Exports, and members of exported interfaces and classes, that nobody wrote a word about. */
function findUndocumented(module) {
  const hasMembers = ReflectionKind.Interface | ReflectionKind.Class
  const isBare = (item) =>
    !item.flags.isPrivate &&
    !item.flags.isInherited &&
    !item.hasComment(true) &&
    ![item.getSignature, item.setSignature, ...(item.signatures ?? [])].some((one) => one?.hasComment(true))
  return (module?.children ?? []).flatMap((child) => {
    if (child.kindOf(ReflectionKind.Reference)) return []
    const members = child.kindOf(hasMembers) ? (child.children ?? []) : []
    return [
      ...(isBare(child) ? [child.name] : []),
      ...members
        .filter(
          (member) => !member.kindOf(ReflectionKind.Constructor) && !member.inheritedFrom && isBare(member),
        )
        .map((member) => `${child.name}.${member.name}`),
    ]
  })
}
