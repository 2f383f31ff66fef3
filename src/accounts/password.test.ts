import { expect, test } from 'vitest'
import { fitsPassword, hashPassword, passwordProblem } from './password.ts'

test('a password is kept as argon2id with 19 MiB and two passes, never the same twice (SE-10)', async () => {
  const [one, two] = await Promise.all([hashPassword('three quiet herons'), hashPassword('three quiet herons')])
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(one).not.toBe(two)
  expect(await fitsPassword('three quiet herons', one)).toBe(true)
  expect(await fitsPassword('three quiet heron', one)).toBe(false)
})

test('an accent typed in two ways is the same password', async () => {
  expect(await fitsPassword('cafe\u0301 au lait', await hashPassword('caf\u00e9 au lait'))).toBe(true)
})

test('where there is no such user, no password fits', async () => {
  expect(await fitsPassword('nobody has this password', undefined)).toBe(false)
})

test.each(['Password1', 'qwertyuiop', 'aaaaaaaaaaaa', 'owner@sender.example', 'OWNER@sender.example', 'short'])(
  '%s is refused as a password (SE-10)',
  (password) => {
    expect(passwordProblem(password, 'owner@sender.example')).toMatch(/\.$/)
  },
)

test.each(['three quiet herons', 'x'.repeat(63) + 'y', 'пароль с пробелами', '        a'])(
  '%s is taken as a password, since there are no rules about its characters (SE-10)',
  (password) => {
    expect(passwordProblem(password, 'owner@sender.example')).toBe(null)
  },
)
