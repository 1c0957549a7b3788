import type { ASTNode } from '@marcbachmann/cel-js'
import { compilePattern, metered } from './cel-environment.ts'

/** What an expression may not do, and where. */
export class ExpressionFault extends Error {
  readonly offset: number

  constructor(message: string, node: ASTNode) {
    super(message)
    this.offset = node.pos
  }
}

/** Functions that rules need; what reads clocks or time zones, or makes values that grow, is left out. */
const functions = new Set(['has', 'size', 'int', 'double', 'string', 'timestamp', 'duration'])

const loops = new Set(['all', 'exists', 'exists_one', 'filter', 'map'])

const methods = new Set([
  ...loops,
  'size',
  'contains',
  'startsWith',
  'endsWith',
  'matches',
  'lowerAscii',
  'upperAscii',
  'trim',
  'getFullYear',
  'getMonth',
  'getDate',
  'getDayOfWeek',
  'getHours',
  'getMinutes',
  'getSeconds',
])

/** Each one may double what it is given, and a chain of loops may put one after the other. */
const maxAdditions = 8

/**
 * Writes an expression anew so that each turn of a loop is counted and `matches` runs on RE2. All is put in brackets, so
 * that no precedence is left to chance.
 *
 * @throws {ExpressionFault} where it calls what rules may not call, or `matches` with a pattern that is no literal or
 *   that RE2 does not read.
 */
export function meterExpression(ast: ASTNode): string {
  let additions = 0
  const write = (node: ASTNode): string => {
    switch (node.op) {
      case 'value':
        if (node.args instanceof Uint8Array) throw new ExpressionFault('bytes have no use here', node)
        return node.input.slice(node.start, node.end)
      case 'id':
        return node.args
      case '.': {
        const [object, field] = node.args
        if (field in Object.prototype) throw new ExpressionFault(`there is no field ${field}`, node)
        return `${write(object)}.${field}`
      }
      case '[]':
        return `${write(node.args[0])}[${write(node.args[1])}]`
      case 'call':
        return writeCall(node, node.args)
      case 'rcall':
        return writeMethod(node, node.args)
      case 'list':
        return `[${node.args.map(write).join(', ')}]`
      case 'map':
        return `{${node.args.map(([key, value]) => `${write(key)}: ${write(value)}`).join(', ')}}`
      case '!_':
        return `(!${write(node.args)})`
      case '-_':
        return `(- ${write(node.args)})`
      case '?:': {
        const [condition, yes, no] = node.args
        return `(${write(condition)} ? ${write(yes)} : ${write(no)})`
      }
      case '.?':
      case '[?]':
        throw new ExpressionFault('optional fields are asked for with has(…)', node)
      default: {
        if (node.op === '+' && ++additions > maxAdditions)
          throw new ExpressionFault(`more than ${maxAdditions} additions`, node)
        const [left, right] = node.args
        return `(${write(left)} ${node.op} ${write(right)})`
      }
    }
  }

  const writeCall = (node: ASTNode, [name, args]: readonly [string, readonly ASTNode[]]): string => {
    if (!functions.has(name)) throw new ExpressionFault(`there is no function ${name}`, node)
    if (name === 'timestamp' && !isZonedTime(args[0]))
      throw new ExpressionFault('timestamp takes a literal with a zone, e.g. "2027-01-31T00:00:00Z"', node)
    return `${name}(${args.map(write).join(', ')})`
  }

  const writeMethod = (
    node: ASTNode,
    [name, receiver, args]: readonly [string, ASTNode, readonly ASTNode[]],
  ): string => {
    if (!methods.has(name)) throw new ExpressionFault(`there is no method ${name}`, node)
    if (name.startsWith('get') && args.length > 0)
      throw new ExpressionFault(`${name} knows UTC only, and takes no time zone`, node)
    if (name === 'matches') checkPattern(node, args[0])
    const written = args.map(write)
    if (loops.has(name)) {
      // The condition of `?:` is the one place whose errors nothing absorbs before what follows is evaluated.
      if (name === 'map' && written.length === 2) written.splice(1, 0, `${metered.step}()`)
      else if (written[1] !== undefined) written[1] = `(${metered.step}() ? ${written[1]} : false)`
    }
    const called = name === 'matches' || name === 'contains' ? metered[name] : name
    return `${write(receiver)}.${called}(${written.join(', ')})`
  }

  return write(ast)
}

function isZonedTime(node: ASTNode | undefined): boolean {
  return (
    node?.op === 'value' &&
    typeof node.args === 'string' &&
    /T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2})$/.test(node.args)
  )
}

function checkPattern(node: ASTNode, pattern: ASTNode | undefined): void {
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string')
    throw new ExpressionFault('the pattern of matches must be a literal', node)
  if (pattern.args.length > 1_000)
    throw new ExpressionFault('a pattern of more than 1000 characters', pattern)
  try {
    compilePattern(pattern.args)
  } catch (error) {
    throw new ExpressionFault(
      `not a pattern of RE2: ${error instanceof Error ? error.message : 'unreadable'}`,
      pattern,
    )
  }
}
