"""The story as code: the stages composed over ports; no framework, no database.

edge      frame -> faces -> sighting (the machine with the camera)
hub       sighting -> profile -> decision -> impression -> outcome
learner   outcome -> policy
"""
