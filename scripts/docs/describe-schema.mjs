import { spawnSync } from 'node:child_process'

/** What each rule may have; listed once. */
const common = ['mode', 'enforceFrom', 'remedy', 'when', 'appliesTo', 'loosen']

/** A page of tables about JSON Schemas of our documents, by name of the file. */
export function describeSchema(schemas) {
  const parts = [
    '# The schema of policies',
    'Each field of `gate.yaml` and `waivers.yaml`, from the JSON Schemas that `policyJsonSchema()` and `waiversJsonSchema()` give to editors. What the rules mean is in [the reference of policies](policy.md).',
    '`a.b` is a field of a field, `[]` an entry of a list, `<name>` a name that you choose. This page is generated: `npm run docs -- --update`.',
  ]
  for (const [file, schema] of Object.entries(schemas)) {
    parts.push(`## ${file}`)
    const tier = schema.$defs?.tier
    if (!tier) {
      parts.push(tableOf(rowsOf(schema, schema, '')))
      continue
    }
    parts.push(
      tableOf(
        rowsOf(
          {
            ...schema,
            properties: { ...schema.properties, tiers: { type: 'object', description: 'Tiers by name' } },
          },
          schema,
          '',
        ),
      ),
    )
    const { preconditions, requirements, ...rest } = tier.properties
    parts.push('### A tier', tableOf(rowsOf({ properties: rest, required: tier.required }, schema, '')))
    const [rule] = Object.values(preconditions.properties)
    const shared = Object.fromEntries(
      common.filter((key) => rule.properties[key]).map((key) => [key, rule.properties[key]]),
    )
    parts.push('### Every rule', tableOf(rowsOf({ properties: shared }, schema, '')))
    for (const [title, section] of [
      ['Preconditions', preconditions],
      ['Requirements', requirements],
    ])
      for (const [name, kind] of Object.entries(section.properties))
        parts.push(`### ${title}: ${name}`, tableOf(rowsOf(kind, schema, '', common)))
  }
  return format(`${parts.filter((part) => part !== '').join('\n\n')}\n`)
}

function rowsOf(node, root, path, skipped = []) {
  const schema = resolve(node, root)
  const rows = []
  for (const option of schema.anyOf ?? schema.oneOf ?? []) rows.push(...rowsOf(option, root, path, skipped))
  for (const [name, value] of Object.entries(schema.properties ?? {})) {
    if (skipped.includes(name) || name === '$schema') continue
    const at = path === '' ? name : `${path}.${name}`
    const field = resolve(value, root)
    rows.push([
      at,
      typeOf(field, root),
      schema.required?.includes(name) ? 'yes' : '',
      field.description ?? '',
    ])
    rows.push(...rowsOf(field, root, at, skipped))
  }
  if (schema.items) rows.push(...rowsOf(schema.items, root, `${path}[]`, skipped))
  if (typeof schema.additionalProperties === 'object')
    rows.push(...rowsOf(schema.additionalProperties, root, `${path}.<name>`, skipped))
  const seen = new Set()
  return rows.filter(([at]) => !seen.has(at) && seen.add(at))
}

const resolve = (node, root) => (node?.$ref ? { ...root.$defs[node.$ref.split('/').at(-1)], ...node } : node)

function typeOf(schema, root) {
  const options = schema.anyOf ?? schema.oneOf
  if (options) return [...new Set(options.map((option) => typeOf(resolve(option, root), root)))].join(' or ')
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ')
  if (schema.type === 'array')
    return `list of ${schema.items ? typeOf(resolve(schema.items, root), root) : 'anything'}`
  const limits = [
    schema.minimum === undefined ? '' : `from ${schema.minimum}`,
    schema.maximum === undefined || schema.maximum === Number.MAX_SAFE_INTEGER ? '' : `to ${schema.maximum}`,
    schema.maxLength === undefined ? '' : `at most ${schema.maxLength} characters`,
  ].filter((limit) => limit !== '')
  return [schema.type ?? 'anything', ...limits].join(', ')
}

function tableOf(rows) {
  if (rows.length === 0) return 'No field of its own.'
  const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
  const lines = rows.map(
    ([at, type, required, description]) =>
      `| \`${at}\` | ${cell(type)} | ${required} | ${cell(description)} |`,
  )
  return ['| field | type | needed | what it says |', '| --- | --- | --- | --- |', ...lines].join('\n')
}

/** As oxfmt would: what is compared is what is committed. */
function format(text) {
  const { status, stdout, stderr } = spawnSync('oxfmt', ['--stdin-filepath', 'policy-schema.md'], {
    input: text,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`oxfmt: ${stderr}`)
  return stdout
}
