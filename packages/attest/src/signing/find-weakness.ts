const fermatRounds = 100

/**
 * What is known to be wrong with an RSA modulus, or nothing: a small factor, the form of keys from broken Infineon chips
 * (ROCA, CVE-2017-15361), or two factors so near to each other that anyone can find them. The same checks as cosign's
 * before it imports a key.
 */
export function findWeakness(modulus: bigint): string | undefined {
  const primes = smallPrimes(751)
  if (primes.some((prime) => modulus % BigInt(prime) === 0n)) return 'has a small factor'
  if (hasInfineonForm(modulus, primes)) return 'has the form of keys that Infineon chips made badly (ROCA)'
  if (hasCloseFactors(modulus)) return 'has factors that are too near to each other'
  return undefined
}

function smallPrimes(limit: number): number[] {
  const primes: number[] = []
  for (let number = 2; number <= limit; number++) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number)
  }
  return primes
}

/** Bad keys are powers of 65537 modulo each of the first primes; a good one is so with probability 2^-27. */
function hasInfineonForm(modulus: bigint, primes: readonly number[]): boolean {
  return primes
    .filter((prime) => prime <= 167)
    .every((prime) => {
      const rest = Number(modulus % BigInt(prime))
      const powers = new Set<number>()
      for (let power = 1; !powers.has(power); power = (power * 65537) % prime) powers.add(power)
      return powers.has(rest)
    })
}

/** Fermat's method: n = a² - b² with a just above the root. */
function hasCloseFactors(modulus: bigint): boolean {
  let a = squareRoot(modulus) + 1n
  for (let round = 0; round < fermatRounds; round++, a++) {
    const rest = a * a - modulus
    // A square ends in few patterns of bits, which saves most of the roots.
    if (isSquareModulo64.has(Number(rest & 63n)) && squareRoot(rest) ** 2n === rest) return true
  }
  return false
}

const isSquareModulo64: ReadonlySet<number> = new Set([0, 1, 4, 9, 16, 17, 25, 33, 36, 41, 49, 57])

/** The largest integer whose square is not above `value`, by Newton's method from above. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1)
  for (;;) {
    const next = (root + value / root) >> 1n
    if (next >= root) return root
    root = next
  }
}
