"""How much of an organ is affected, region by region and by CT number: volumes in ml from label maps and lesion
masks.
"""
