# plugins/hostres
