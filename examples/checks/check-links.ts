import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** Fails unless each link of a document to a file of this repository, or to a heading of one, leads somewhere. */
export async function checkLinks(document: string): Promise<void> {
  const text = await readFile(document, 'utf8')
  for (const [link, path = '', anchor] of text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)) {
    const file = path === '' ? document : resolve(dirname(document), path)
    const leads = existsSync(file) && (anchor === undefined || (await anchorsOf(file)).has(anchor))
    if (!leads) throw new Error(`${document}: ${link.slice(1)} leads nowhere`)
  }
}

/** The anchors that GitHub gives the headings of a document. */
async function anchorsOf(file: string): Promise<ReadonlySet<string>> {
  const headings = (await readFile(file, 'utf8')).matchAll(/^#+ (.+)$/gm)
  return new Set(
    Array.from(headings, ([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}
