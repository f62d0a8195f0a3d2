"""The page on attackers who have no gradient: a race, a copy of the model, pictures made on other models."""
