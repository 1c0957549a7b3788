import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'

/**
 * What is wrong with the pages of a built site: links and pictures that lead nowhere, and whatever a browser would fetch
 * from elsewhere.
 */
export async function checkSite(folder) {
  const problems = []
  const pages = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.html'))
  const anchors = new Map()
  const links = []
  for (const page of pages) {
    const html = await readFile(join(folder, page), 'utf8')
    anchors.set(page, new Set(Array.from(html.matchAll(/\sid="([^"]*)"/g), ([, id]) => decode(id))))
    for (const [, value] of html.matchAll(/<\w+\b[^>]*?\s(?:href|src)="([^"]*)"/g))
      links.push({ page, value: decode(value) })
    for (const [, value] of html.matchAll(
      /<(?:link|script|img|iframe)\b[^>]*?(?:href|src)="((?:https?:)?\/\/[^"]*)"/g,
    ))
      problems.push(`${page} would fetch ${value}`)
  }
  for (const { page, value } of links) {
    if (/^(?:https?:|mailto:|data:)/.test(value)) continue
    const [path, anchor] = value.split('#')
    const file = path === '' ? page : normalize(join(dirname(page), decodeURIComponent(path.split('?')[0])))
    if (file.startsWith('..') || !existsSync(join(folder, file)))
      problems.push(`${page}: ${value} leads nowhere`)
    else if (anchor && anchors.has(file) && !anchors.get(file).has(decodeURIComponent(anchor)))
      problems.push(`${page}: ${value} leads to no heading`)
  }
  return { problems: [...new Set(problems)], pages: pages.length, links: links.length }
}

const decode = (text) =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
