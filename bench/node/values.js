// What the lines hold (bench/README.md). All is parsed or computed when the program starts, so that the compiler cannot
// take it for constants.

export const EVENT = 'request received'

// A time with microseconds, which a Date does not have. This is faster than Date's own toISOString().
export class Time {
  constructor (milliseconds, microseconds) {
    this.date = new Date(milliseconds)
    this.microseconds = microseconds
  }

  toJSON () {
    const { date } = this
    const day = `${date.getUTCFullYear()}-${twoDigits[date.getUTCMonth() + 1]}-${twoDigits[date.getUTCDate()]}`
    const minute = `${twoDigits[date.getUTCHours()]}:${twoDigits[date.getUTCMinutes()]}`
    const second = `${twoDigits[date.getUTCSeconds()]}.${threeDigits[date.getUTCMilliseconds()]}`
    return `${day}T${minute}:${second}${threeDigits[this.microseconds]}Z`
  }
}

const padded = (digits) => Array.from({ length: 10 ** digits }, (_, number) => String(number).padStart(digits, '0'))
const twoDigits = padded(2)
export const threeDigits = padded(3)

export const ten = JSON.parse(`{"request_id": "5f1c9e1c-7d2e-4c1b", "method": "GET", "path": "/orders/7781",
  "client": "127.0.0.1", "user_id": 7781, "tenant": "acme", "attempt": 1, "cached": false, "ratio": 0.25,
  "region": "eu-west"}`)
export const five = Object.fromEntries(Object.entries(ten).slice(0, 5))
export const three = JSON.parse('{"status": 200, "bytes": 5120, "duration_ms": 1.5}')
export const context5 = JSON.parse(`{"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7",
  "session": "s-20418", "locale": "en-GB", "shard": 7}`)
export const context20 = { ...context5 }
for (let number = 5; number < 20; number++) context20[`context_${twoDigits[number]}`] = number
export const override = JSON.parse('{"attempt": 2}')

const time = new Time(Date.parse('1980-01-01T12:00:00Z'), 0)
const user = () => ({ name: 'Jane Doe', email: 'jane@example.com', created_at: time })
export const mixed = {
  int: 1,
  ints: Array.from({ length: 10 }, (_, index) => index + 1),
  string: 'a',
  strings: [...'abcdefghij'],
  time,
  times: Array.from({ length: 10 }, () => time),
  user1: user(),
  user2: user(),
  users: Array.from({ length: 10 }, user),
  error: new Error('file does not exist')
}

export function numberedFields (count) {
  const fields = {}
  for (let number = 0; number < count; number++) {
    const digits = threeDigits[number]
    fields[`field_${digits}`] = number % 2 === 0 ? `value_${digits}` : number
  }
  return fields
}
