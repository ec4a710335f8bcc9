import fc from 'fast-check';

/** One act of somebody, by numbers that are taken modulo what there is. `isLast`: all that began is waited for. */
export interface Act {
  kind:
    | 'send'
    | 'retry'
    | 'read'
    | 'view'
    | 'unview'
    | 'invite'
    | 'kick'
    | 'leave'
    | 'delete'
    | 'asUser'
    | 'admin'
    | 'hide'
    | 'mark'
    | 'forget';
  who: number;
  room: number;
  pick: number;
  isLast: boolean;
}

const KINDS: { weight: number; kind: Act['kind'] }[] = [
  { weight: 9, kind: 'send' },
  { weight: 3, kind: 'retry' },
  { weight: 4, kind: 'read' },
  { weight: 4, kind: 'view' },
  { weight: 3, kind: 'unview' },
  { weight: 3, kind: 'invite' },
  { weight: 2, kind: 'kick' },
  { weight: 2, kind: 'leave' },
  { weight: 3, kind: 'delete' },
  { weight: 2, kind: 'hide' },
  { weight: 2, kind: 'mark' },
  { weight: 2, kind: 'asUser' },
  { weight: 1, kind: 'admin' },
];

const actOf = (kinds: typeof KINDS): fc.Arbitrary<Act> =>
  fc.record({
    kind: fc.oneof(...kinds.map(({ weight, kind }) => ({ weight, arbitrary: fc.constant(kind) }))),
    who: fc.nat({ max: 999 }),
    room: fc.nat({ max: 999 }),
    pick: fc.nat({ max: 999 }),
    isLast: fc.nat({ max: 5 }).map(chance => chance === 0),
  });

/** What people and platforms do. */
export const anAct = actOf(KINDS);

/** The same, on a server with so many rooms that it drops idle ones from memory all the time. */
export const anActAmongMany = actOf([...KINDS, { weight: 3, kind: 'forget' }]);
