let people = 0;

/** A user id that nobody has used. */
export const someone = (name = 'u'): string => `${name}-${process.pid}-${++people}`;
