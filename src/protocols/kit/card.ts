import type { Card } from '../../domain/model.ts';
import { freeForm, id, Joi, optional } from './schema.ts';

/** A card as clients and platforms send it (seed 1, `rawData`). */
export const cardSchema = Joi.object<Card>({
  cardType: Joi.string().max(64).required(),
  text: optional(Joi.string().allow('')),
  link: optional(
    Joi.object({
      sid: id().required(),
      name: Joi.string().allow('').required(),
      profileUrl: optional(Joi.string().allow('')),
    }),
  ),
  acceptedStatus: optional(Joi.boolean()),
  image: optional(Joi.string().allow('').max(2_048)),
  buttons: optional(
    Joi.array()
      .max(20)
      .items(
        Joi.object({
          title: Joi.string().max(200).required(),
          action: Joi.string().max(64).required(),
          value: optional(freeForm()),
        }),
      ),
  ),
  productApplicationId: optional(id()),
});
