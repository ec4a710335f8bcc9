import { invalid } from '../../domain/errors.ts';
import type { Card } from '../../domain/model.ts';

/** What clients put into `content`: a text, or an object with a text or a card. */
export type GivenContent = string | { text?: string; rawData?: Card };

/** The content of a message of this type. Errors: INVALID_PAYLOAD, naming the field that is missing. */
export function readContent<T extends 'TEXT' | 'ADMIN' | 'CARD'>(
  type: T,
  given: GivenContent | undefined,
): { type: 'CARD'; rawData: Card } | { type: Exclude<T, 'CARD'>; text: string } {
  if (given === undefined) throw invalid('data.content is required');
  if (type === 'CARD') {
    if (typeof given === 'string' || !given.rawData) throw invalid('data.content.rawData is required');
    return { type: 'CARD', rawData: given.rawData };
  }
  const text = typeof given === 'string' ? given : given.text;
  if (text === undefined) throw invalid('data.content.text is required');
  return { type: type as Exclude<T, 'CARD'>, text };
}
