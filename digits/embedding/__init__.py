"""Maps: thousands of images in the plane, those that are alike together, by UMAP.

    recipe     what is drawn            images   which images, in which order, and their ink
    neighbors  the nearest of each      layout   UMAP itself, warm and countable
    maps       starting one, opening one, reading what came out

UMAP: McInnes, Healy, Melville, arXiv:1802.03426. The notebook's parameters are the defaults.
"""
